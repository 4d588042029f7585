"""Common parts of trainings: data, resumable runs, the Keras loop."""

"""What every training shares: data, runs that stop and resume, the Keras loop."""

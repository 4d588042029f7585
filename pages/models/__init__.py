"""Compare models: a leaderboard, and details of one model."""

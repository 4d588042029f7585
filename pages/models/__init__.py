"""Compare models: a leaderboard, and one model closely."""

"""What pages show that is not computed: examples, published figures, the tour, the leaderboard."""

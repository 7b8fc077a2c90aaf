"""What a wall shows beside today's figures. Nothing personal is ever read here, whoever asks."""

"""The sample city lives: reports come in by the rhythms of its history, people answer their tasks. All of it is synthetic and marked so."""

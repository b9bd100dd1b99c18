"""Views: one expression at matrix, index and scalar level, and the graph of its network."""

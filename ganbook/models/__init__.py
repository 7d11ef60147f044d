"""The networks, one module a lesson, as the learner meets them."""

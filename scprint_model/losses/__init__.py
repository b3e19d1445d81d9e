"""The losses of a training step, each a pure function on tensors."""

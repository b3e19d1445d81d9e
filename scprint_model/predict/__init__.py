"""What a trained model says of cells: embeddings, labels, expression without noise, genes not measured."""

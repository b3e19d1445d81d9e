"""Gene tokens from proteins: sequences, their embeddings by ESM2, and the pooled table."""

"""Where and when jobs run: one-shot processes under limits."""

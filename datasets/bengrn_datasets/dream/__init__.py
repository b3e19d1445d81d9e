"""DREAM4 and DREAM5: in silico challenges and gold standards of bacteria and yeast."""

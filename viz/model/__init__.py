"""One pass of any network: text in, states and weights out."""

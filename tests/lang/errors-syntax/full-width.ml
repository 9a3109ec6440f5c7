print（1）；

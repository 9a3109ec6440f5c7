for x in xs:
    print(x)

print(chr(65), ord("A"), hex(255), bin(5), oct(8), hex(-255), chr(8364));

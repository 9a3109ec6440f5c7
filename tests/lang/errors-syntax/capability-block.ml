capability Reports {
    resource ./out;
    allow fly;
    permit read;
}

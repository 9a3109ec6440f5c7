type User = {name: string};
ada = User("Ada");

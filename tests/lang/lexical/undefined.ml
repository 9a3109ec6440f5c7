print(undefined, undefined == null, typeof(undefined), [undefined], undefined ?? "nothing");

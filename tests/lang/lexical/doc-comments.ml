/// Adds one.
/// The second line of the same comment.
function inc(x) { return x + 1; }

/// An assignment can carry one.
limit = 10;

/// So can a type
type Small = {n: int};

/// and a capability.
capability Nothing { resource "./nowhere"; allow read; }

//// not a doc comment
print(inc(limit));

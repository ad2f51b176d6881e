// Tests wait for each other's processor time only: a service of its own for each.
[assembly: Parallelize(Workers = 2, Scope = ExecutionScope.ClassLevel)]

// Tests take internal types as parameters, so their classes are internal.
[assembly: DiscoverInternals]

// Two classes at a time: enough to fill a small machine, and numeric tests use several threads themselves.
[assembly: Parallelize(Workers = 2, Scope = ExecutionScope.ClassLevel)]

// Tests take internal types as parameters, so their classes are internal.
[assembly: DiscoverInternals]

// One at a time: the tests compare the card's free memory before and after.
[assembly: DoNotParallelize]

// Tests take internal types as parameters, so their classes are internal.
[assembly: DiscoverInternals]

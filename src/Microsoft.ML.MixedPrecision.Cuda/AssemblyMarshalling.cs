// Every import takes blittable values and handles only, so the runtime has nothing to marshal.
[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]

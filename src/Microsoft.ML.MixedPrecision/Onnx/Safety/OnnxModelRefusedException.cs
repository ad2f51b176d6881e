namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// An ONNX file was refused before ONNX Runtime saw it: it is damaged, asks for more than <see cref="OnnxModelLimits"/> allow, or
/// holds something that is not accepted from files of unknown origin. The message says what, where, what is allowed and what to do.
/// </summary>
public sealed class OnnxModelRefusedException : Exception
{
    /// <summary>Makes an exception with no message of its own.</summary>
    public OnnxModelRefusedException()
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What is refused, and what to do.</param>
    public OnnxModelRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What is refused, and what to do.</param>
    /// <param name="innerException">What made it so.</param>
    public OnnxModelRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

using System.ComponentModel;

namespace Microsoft.ML.MixedPrecision;

/// <summary>The version of the operators and of the format that an exported ONNX file uses.</summary>
[TypeConverter(typeof(Tensors.NamedEnumConverter<OnnxOperatorSet>))]
public enum OnnxOperatorSet
{
    /// <summary>Opset 20 in IR 9: ONNX Runtime from 1.17 on, current TensorRT and DirectML.</summary>
    Standard,

    /// <summary>Opset 17 in IR 8, for older readers: ONNX Runtime from 1.12 on. Gelu, an operator of opset 20, is spelled out.</summary>
    Wide,
}

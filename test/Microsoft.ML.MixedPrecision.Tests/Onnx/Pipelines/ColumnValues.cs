using System.Globalization;
using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;

/// <summary>The values of a column on many rows in one flat array, from ML.NET and from ONNX Runtime, to give and to compare.</summary>
internal static class ColumnValues
{
    private static readonly MethodInfo ReadMethod = typeof(ColumnValues).GetMethod(
        nameof(ReadTyped),
        BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly MethodInfo TensorMethod = typeof(ColumnValues).GetMethod(
        nameof(TensorOf),
        BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>What ML.NET computes.</summary>
    public static Array Of(IDataView view, string column) => Of(view, view.Schema[column]);

    /// <summary>What ML.NET computes for a column that another one of its name may hide.</summary>
    public static Array Of(IDataView view, DataViewSchema.Column column)
    {
        Type item = ((column.Type as VectorDataViewType)?.ItemType ?? column.Type).RawType;
        return (Array)ReadMethod.MakeGenericMethod(item).Invoke(null, [view, column])!;
    }

    /// <summary>What a session computes.</summary>
    public static Array Of(OrtValue value) => value.GetTensorTypeAndShape().ElementDataType switch
    {
        TensorElementType.Float => value.GetTensorDataAsSpan<float>().ToArray(),
        TensorElementType.Double => value.GetTensorDataAsSpan<double>().ToArray(),
        TensorElementType.Bool => value.GetTensorDataAsSpan<bool>().ToArray(),
        TensorElementType.Int8 => value.GetTensorDataAsSpan<sbyte>().ToArray(),
        TensorElementType.Int16 => value.GetTensorDataAsSpan<short>().ToArray(),
        TensorElementType.Int32 => value.GetTensorDataAsSpan<int>().ToArray(),
        TensorElementType.Int64 => value.GetTensorDataAsSpan<long>().ToArray(),
        TensorElementType.UInt8 => value.GetTensorDataAsSpan<byte>().ToArray(),
        TensorElementType.UInt16 => value.GetTensorDataAsSpan<ushort>().ToArray(),
        TensorElementType.UInt32 => value.GetTensorDataAsSpan<uint>().ToArray(),
        TensorElementType.UInt64 => value.GetTensorDataAsSpan<ulong>().ToArray(),
        _ => value.GetStringTensorAsArray(),
    };

    /// <summary>Values as a session takes them: (rows, elements).</summary>
    public static OrtValue Tensor(Array values, int rows)
    {
        long[] shape = [rows, values.Length / rows];
        return values is string[] texts
            ? TextTensor(texts, shape)
            : (OrtValue)TensorMethod.MakeGenericMethod(values.GetType().GetElementType()!).Invoke(null, [values, shape])!;
    }

    /// <summary>Equality; within a tolerance for numbers, where NaN equals NaN.</summary>
    public static void AssertEqual(Array expected, Array actual, double tolerance, string what)
    {
        Assert.AreEqual(expected.GetType(), actual.GetType(), what);
        Assert.HasCount(expected.Length, actual.Cast<object>().ToArray(), what);
        for (int i = 0; i < expected.Length; i++)
        {
            object want = expected.GetValue(i)!, got = actual.GetValue(i)!;
            bool close = Equals(want, got) || (want is float or double && Math.Abs(Number(want) - Number(got)) <= tolerance);
            Assert.IsTrue(close, $"{what}, element {i}: ML.NET gives <{want}>, the file <{got}>");
        }
    }

    private static double Number(object value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);

    private static Array ReadTyped<T>(IDataView view, DataViewSchema.Column column)
    {
        var all = new List<T>();
        using DataViewRowCursor cursor = view.GetRowCursor([column]);
        if (column.Type is VectorDataViewType)
        {
            var getVector = cursor.GetGetter<VBuffer<T>>(column);
            VBuffer<T> vector = default;
            while (cursor.MoveNext())
            {
                getVector(ref vector);
                all.AddRange(vector.DenseValues());
            }
        }
        else
        {
            var get = cursor.GetGetter<T>(column);
            T value = default!;
            while (cursor.MoveNext())
            {
                get(ref value);
                all.Add(value);
            }
        }

        return all is List<ReadOnlyMemory<char>> texts ? texts.Select(text => text.ToString()).ToArray() : all.ToArray();
    }

    private static OrtValue TensorOf<T>(T[] values, long[] shape)
        where T : unmanaged
        => OrtValue.CreateTensorValueFromMemory(values, shape);

    private static OrtValue TextTensor(string[] texts, long[] shape)
    {
        OrtValue tensor = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        for (int i = 0; i < texts.Length; i++)
        {
            tensor.StringTensorSetElementAt(texts[i].AsSpan(), i);
        }

        return tensor;
    }
}

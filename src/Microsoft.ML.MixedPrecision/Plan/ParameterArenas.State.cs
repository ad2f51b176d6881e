using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <content>Weights and moments on their way between the device, padded, and the host, dense.</content>
internal sealed unsafe partial class ParameterArenas
{
    /// <summary>The weights, frozen ones too, then the moments that the optimizer keeps.</summary>
    public IEnumerable<StatePlace> Places
        => Slots.Select(slot => Place(TrainingState.Weight, slot, () => ReadWeights(slot), values => WriteWeights(slot, values)))
            .Concat(
                _first.Bytes == 0
                    ? []
                    : Trained.Select(
                        slot => Place(
                            TrainingState.First,
                            slot,
                            () => ReadFloats(slot, (nint)First(slot)),
                            values => WriteFloats((nint)First(slot), values))))
            .Concat(
                _second.Bytes == 0
                    ? []
                    : Trained.Select(
                        slot => Place(
                            TrainingState.Second,
                            slot,
                            () => ReadFloats(slot, (nint)Second(slot)),
                            values => WriteFloats((nint)Second(slot), values))));

    /// <summary>
    /// Copies the trained values, in full precision where masters exist, into <see cref="Graph.StoredMatrix.Values"/>, where frozen ones
    /// are
    /// already.
    /// </summary>
    public void Store()
    {
        foreach (ParameterSlot slot in Trained)
        {
            if (slot.HasMaster && slot.Pitch == slot.Parameter.Columns)
            {
                // A table of many rows is not held once more on the way.
                _device.Read<float>((nint)Master(slot), slot.Parameter.Values);
            }
            else
            {
                Dense(slot, ReadWeights(slot)).CopyTo(slot.Parameter.Values, 0);
            }
        }
    }

    private static StatePlace Place(string kind, ParameterSlot slot, Func<float[]> read, Action<float[]> write)
        => new(
            kind + slot.Parameter.Name,
            slot.Parameter.Rows,
            slot.Parameter.Columns,
            () => Dense(slot, read()),
            values => write(Padded(slot, values)));

    /// <summary>Without the padding between rows; the same array where there is none.</summary>
    private static float[] Dense(ParameterSlot slot, float[] padded)
    {
        int columns = slot.Parameter.Columns;
        if (slot.Pitch == columns)
        {
            return padded;
        }

        float[] values = new float[slot.Parameter.Values.Length];
        for (int row = 0; row < slot.Parameter.Rows; row++)
        {
            padded.AsSpan(row * slot.Pitch, columns).CopyTo(values.AsSpan(row * columns));
        }

        return values;
    }

    /// <summary>With zeros between rows; the same array where there is no room for any.</summary>
    private static float[] Padded(ParameterSlot slot, float[] values)
    {
        int columns = slot.Parameter.Columns;
        if (slot.Pitch == columns)
        {
            return values;
        }

        float[] padded = new float[slot.Elements];
        for (int row = 0; row < slot.Parameter.Rows; row++)
        {
            values.AsSpan(row * columns, columns).CopyTo(padded.AsSpan(row * slot.Pitch));
        }

        return padded;
    }

    /// <summary>Master and 16-bit copy, which is the master rounded, as the optimizer would have left it.</summary>
    private void WriteWeights(ParameterSlot slot, float[] padded)
    {
        if (slot.HasMaster)
        {
            WriteFloats((nint)Master(slot), padded);
        }

        if (slot.HasShadow)
        {
            _device.Write<ushort>((nint)Shadow(slot), Rounded(slot.Format, padded));
        }
    }

    private float[] ReadWeights(ParameterSlot slot) => slot.HasMaster ? ReadFloats(slot, (nint)Master(slot)) : ReadShadow(slot);

    private void WriteFloats(nint address, float[] padded) => _device.Write<float>(address, padded);

    private float[] ReadFloats(ParameterSlot slot, nint address)
    {
        float[] padded = new float[slot.Elements];
        _device.Read<float>(address, padded);
        return padded;
    }

    private float[] ReadShadow(ParameterSlot slot)
    {
        ushort[] bits = new ushort[slot.Elements];
        _device.Read<ushort>((nint)Shadow(slot), bits);
        float[] values = new float[bits.Length];
        fixed (ushort* from = bits)
        fixed (float* to = values)
        {
            FormatConversion.ToFloat32(SimdPaths.Best, slot.Format, from, to, values.Length);
        }

        return values;
    }

    private static ushort[] Rounded(NumericFormat format, float[] values)
    {
        ushort[] bits = new ushort[values.Length];
        fixed (float* from = values)
        fixed (ushort* to = bits)
        {
            FormatConversion.FromFloat32(SimdPaths.Best, format, from, to, values.Length);
        }

        return bits;
    }
}

using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>
/// A network that reads five columns through <see cref="LookUpOp"/>, and the same rows twice: with their columns, and as a table of the
/// features that the operation makes of them. A plain network on the table must follow the same course to the bit.
/// </summary>
internal static class ColumnsCase
{
    public const int Features = 8, Tokens = 5, Vocabulary = 11, Pixels = 3, Lines = 2, Channels = 3, Outputs = 4;

    /// <summary>In an order that is not the plan's, and with examples of odd bytes first.</summary>
    public static RowSchema Schema { get; } = new(
        SchemaColumn.Bytes("pixels", Shape.Vector(Pixels)),
        SchemaColumn.Ids("ids", new Shape(Tokens, 1), Vocabulary).WithLengths("length"),
        SchemaColumn.Classes(Shape.Vector(1), Outputs),
        SchemaColumn.Numbers("series", NumericFormat.Float32, new Shape(Lines, Channels)),
        SchemaColumn.Weights(),
        SchemaColumn.Lengths("length", Tokens),
        SchemaColumn.Numbers("features", NumericFormat.Float32, Shape.Vector(Features)));

    /// <summary>Both stores of so many rows; numbers are exact in Float32 whatever the order of their sums.</summary>
    public static (RowStore Columns, RowStore Table) Stores(CpuDevice device, int rows)
    {
        RowStore columns = new(device, Schema), table = new(device, NumericFormat.Float32, Features, hasWeights: true);
        var random = new Random(3);
        for (int row = 0; row < rows; row++)
        {
            float[] features = Numbers(random, Features), weight = [0.5f + (random.Next(8) / 8f)];
            float[][] series = [.. Enumerable.Range(0, Lines).Select(_ => Numbers(random, Channels))];
            int[] ids = [.. Enumerable.Range(0, Tokens).Select(_ => random.Next(Vocabulary))];
            int length = random.Next(Tokens + 1), label = random.Next(Outputs);
            byte[] pixels = [.. Enumerable.Range(0, Pixels).Select(_ => (byte)random.Next(256))];
            RowWriter writer = columns.BeginRow();
            pixels.CopyTo(writer.Words<byte>(0));
            ids.CopyTo(writer.Words<int>(1));
            writer.Words<int>(2)[0] = label;
            writer.Numbers(3, [.. series.SelectMany(line => line)]);
            writer.Words<float>(4)[0] = weight[0];
            writer.Words<int>(5)[0] = length;
            writer.Numbers(6, features);
            writer.Commit();
            LookUpOp.Add(features, ids.AsSpan(0, length), pixels, series);
            table.Append(features, label, weight[0]);
        }

        return (columns, table);
    }

    /// <summary>The network of the table's rows.</summary>
    public static Network Plain() => Examples.Network(Features, [16], Outputs, ActivationKind.Tanh);

    /// <summary>The same, which reads the columns.</summary>
    /// <param name="onCard">The operation on a card; null on the CPU.</param>
    public static Network Reading(Action<LookUpOp, OpContext>? onCard = null)
    {
        Network network = Plain();
        BodyOf(network) = new Sequential(new LookUpOp.Layer(onCard), network.Body);
        return network;
    }

    /// <summary>A network has the layers of its definition, none of which reads more than features.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Body>k__BackingField")]
    private static extern ref Layer BodyOf(Network network);

    private static float[] Numbers(Random random, int count)
        => [.. Enumerable.Range(0, count).Select(_ => random.Next(-64, 65) / 64f)];
}

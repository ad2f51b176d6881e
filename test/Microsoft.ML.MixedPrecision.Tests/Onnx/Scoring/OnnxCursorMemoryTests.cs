using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

/// <summary>Memory of cursors that are left half read. It is the process's, so nothing else runs meanwhile.</summary>
[TestClass]
[DoNotParallelize]
public sealed class OnnxCursorMemoryTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    public void Cursors_DisposedOfOrForgottenHalfway_LeaveNoNativeMemory()
    {
        byte[] file = new TestGraph()
            .Input("Petal", OnnxElementType.Float, -1, 2)
            .Constant("w", OnnxElementType.Float, new float[2 << 12], 2, 1 << 12)
            .Node("MatMul", "Petal w", "y")
            .Output("y", OnnxElementType.Float, -1, 1 << 12)
            .ToBytes();
        IDataView rows = Flower.Rows(Ml, 2000);
        using OnnxScoringTransformer model = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file).Fit(rows);
        Leave(10);
        long before = Resident();

        // A batch of outputs is 16 MiB: 2 GiB if nothing were freed.
        Leave(120);

        Assert.IsLessThan(before + (256 << 20), Resident());

        void Leave(int cursors)
        {
            for (int i = 0; i < cursors; i++)
            {
                LeaveOne(model.Transform(rows), dispose: i % 2 == 0);
                if (i % 5 == 0)
                {
                    Collect();
                }
            }

            Collect();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LeaveOne(IDataView view, bool dispose)
    {
        DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        Assert.IsTrue(cursor.MoveNext());
        if (dispose)
        {
            cursor.Dispose();
        }
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private static long Resident()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}

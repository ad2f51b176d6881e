using System.Numerics.Tensors;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Scoring;
using Tensor = Microsoft.ML.MixedPrecision.Tensors.Tensor;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>How likely a network that predicts the next token finds windows of texts: Σ ln p of the predicted tokens, p the softmax of the
/// outputs, its logarithm in Float64 from Float32 outputs.</summary>
/// <param name="session">Computes; this one owns it.</param>
internal sealed class Likelihood(ScoringSession session) : IDisposable
{
    private readonly List<int[]> _read = [];
    private readonly List<int[]> _predicted = [];
    private float[] _exponentials = [];

    /// <summary>Whether no other window can be added before the sum is taken.</summary>
    public bool IsFull => _read.Count == session.MaxRows;

    /// <summary>Adds the windows of a text one by one, and takes the sum of each batch that is full.</summary>
    /// <param name="windows">The text.</param>
    /// <param name="take">Takes the sum of ln p of all windows added until then.</param>
    public void Add(TokenWindows windows, Action<double> take)
    {
        for (int window = 0; window < windows.Count; window++)
        {
            _read.Add([.. windows.Read(window)]);
            _predicted.Add([.. windows.Predicted(window)]);
            if (IsFull)
            {
                take(Sum());
            }
        }
    }

    /// <summary>Σ ln p of the windows added since the last call; 0 for none.</summary>
    public unsafe double Sum()
    {
        if (_read.Count == 0)
        {
            return 0;
        }

        Tensor outputs = session.StepOutputs(_read);
        double sum = 0;
        int row = 0;
        foreach (int id in _predicted.SelectMany(ids => ids))
        {
            sum += Logarithm(new ReadOnlySpan<float>(outputs.Row(row++), outputs.Columns), id);
        }

        _read.Clear();
        _predicted.Clear();
        return sum;
    }

    /// <inheritdoc/>
    public void Dispose() => session.Dispose();

    /// <summary>ln softmax(z)ᵢ = zᵢ − max z − ln Σ exp(zⱼ − max z).</summary>
    private double Logarithm(ReadOnlySpan<float> outputs, int id)
    {
        if (_exponentials.Length != outputs.Length)
        {
            _exponentials = new float[outputs.Length];
        }

        float largest = TensorPrimitives.Max(outputs);
        TensorPrimitives.Subtract(outputs, largest, _exponentials);
        double shifted = _exponentials[id];
        TensorPrimitives.Exp(_exponentials, _exponentials);
        double sum = 0;
        foreach (float exponential in _exponentials)
        {
            sum += exponential;
        }

        return shifted - Math.Log(sum);
    }
}

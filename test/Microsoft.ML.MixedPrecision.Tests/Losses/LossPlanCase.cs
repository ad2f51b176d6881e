using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Losses;

/// <summary>
/// x (N · rows, 3) → h = tanh(x·Wᵃᵀ + a) (N · rows, 4) → z = h·Wᵇᵀ + b (N · rows, 3), with a cross-entropy of z and, where it counts, a
/// squared error of h: a small list of operations with its losses, and both in double precision from the formulas.
/// </summary>
internal sealed unsafe class LossPlanCase : IDisposable
{
    public const float Scale = 64;
    private const int Features = 3, Hidden = 4, Classes = 3;

    private readonly Device _device;
    private readonly ParameterArenas _arenas;
    private readonly ValueMemory _memory;
    private readonly StepMemory _step;
    private readonly PlanContext _context;
    private readonly int _rows;
    private readonly float _factor;
    private readonly Value _x;

    /// <summary>Plans, and draws parameters, features, targets and weights. The device stays with its owner.</summary>
    public LossPlanCase(
        Device device,
        string policyName,
        int examples,
        int rows,
        float factor,
        bool training = true,
        params string[] frozen)
    {
        _device = device;
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        (_rows, _factor) = (examples * rows, factor);
        var random = new Random(5);
        Parameters = [
            Draw(new Parameter("a.weight", Hidden, Features, decays: true)), Draw(new Parameter("a.bias", 1, Hidden, decays: false)),
            Draw(new Parameter("b.weight", Classes, Hidden, decays: true)), Draw(new Parameter("b.bias", 1, Classes, decays: false))];
        Plan = new PlanBuilder(policy, training) { Frozen = Parameters.Where(p => frozen.Any(p.Name.StartsWith)).ToHashSet() };
        NumericFormat format = policy.ComputeFormat.Storage();
        _x = PlanBuilder.Input("x", new Shape(rows, Features), format);
        Value h = Plan.Activation("h", Plan.Linear("a", _x, Parameters[0], Parameters[1]), ActivationKind.Tanh);
        if (factor > 0)
        {
            Plan.Loss(new SquaredErrorLoss(), h, LossPlan.Targets("wanted", new SquaredErrorLoss(), h), null, factor);
        }

        Value z = Plan.Linear("b", h, Parameters[2], Parameters[3]);
        Plan.Loss(new CrossEntropyLoss(), z, LossPlan.Targets("class", new CrossEntropyLoss(), z), LossPlan.Weights("weight", z));
        Layout = new ValueLayout(Plan, _x, Plan.Finish(z), examples);
        _arenas = new ParameterArenas(_device, Plan.Parameters, WeightUpdate.Master, 0);
        _memory = new ValueMemory(_device, Layout);
        _step = new StepMemory(_device, LossScaleRule.Static(Scale), 1);
        _context = new PlanContext(_device, _memory, _arenas) { LossPlaces = _step.Addresses.Losses };
        _context.SetBatch(examples);
        X = [.. Enumerable.Range(0, _rows * Features).Select(_ => random.Next(-64, 65) / 64f)];
        Wanted = [.. Enumerable.Range(0, _rows * Hidden).Select(_ => random.Next(-64, 65) / 64f)];
        Targets = [.. Enumerable.Range(0, _rows).Select(_ => random.Next(Classes))];
        Weights = [.. Enumerable.Range(0, _rows).Select(_ => 0.5f + random.NextSingle())];
        Positions = _rows;

        Parameter Draw(Parameter parameter)
        {
            foreach (ref float value in parameter.Values.AsSpan())
            {
                value = random.Next(-64, 65) / 64f;
            }

            return parameter;
        }
    }

    public PlanBuilder Plan { get; }

    public ValueLayout Layout { get; }

    public Parameter[] Parameters { get; }

    public float[] X { get; }

    public float[] Wanted { get; }

    public int[] Targets { get; }

    public float[] Weights { get; }

    /// <summary>What the losses are divided by.</summary>
    public int Positions { get; set; }

    public double Loss => Commit.Loss;

    public int FirstNonFinite => Commit.FirstNonFinite;

    private CommitState Commit
    {
        get
        {
            var phase = new PhaseBlock[1];
            _device.Read<PhaseBlock>(_step.Addresses.Phase, phase);
            return phase[0].Commit;
        }
    }

    /// <summary>Forward and backward; the loss is added to what is there.</summary>
    public void Run(bool accumulate = false)
    {
        _device.Write<PhaseBlock>(_step.Addresses.Phase, [new PhaseBlock
        {
            Scale = LossScaleState.Initial(LossScaleRule.Static(Scale)),
            Commit = new CommitState
            {
                Positions = Positions,
                FirstNonFinite = NonFinite.None,
                Loss = accumulate ? Loss : 0,
            },
        }]);
        using TestTensor x = TestTensor.Of(_x.Format, _rows, Features, (row, column) => X[(row * Features) + column]);
        _device.Write(_context[_x].Address, new ReadOnlySpan<byte>((void*)x.Value.Address, (int)_context[_x].Bytes));
        Fill("class", Targets);
        Fill("weight", Weights);
        Fill("wanted", Wanted);
        foreach (Op op in Plan.Ops)
        {
            op.Forward(_context);
        }

        foreach (Op op in Plan.Ops.Reverse().Where(op => op.RunsBackward))
        {
            op.Backward(_context, accumulate);
        }
    }

    /// <summary>The gradient of a parameter that trains, without the loss scale.</summary>
    public double[] Gradient(Parameter parameter)
    {
        Tensor gradient = _context.Gradient(parameter);
        float[] padded = new float[gradient.Rows * gradient.Pitch];
        _device.Read<float>(gradient.Address, padded);
        return [.. parameter.Values.Select(
            (_, i) => padded[(i / gradient.Columns * gradient.Pitch) + (i % gradient.Columns)] / (double)Scale)];
    }

    /// <summary>f·Σ‖h − wanted‖²/4 ÷ D + Σ w·(ln Σe^z − z,class) ÷ D in double precision.</summary>
    public double Reference()
    {
        double loss = 0;
        for (int row = 0; row < _rows; row++)
        {
            double[] h = [.. Product([.. X.Skip(row * Features).Take(Features).Select(value => (double)value)], 0).Select(Math.Tanh)];
            loss += _factor * h.Select((value, i) => Math.Pow(value - Wanted[(row * Hidden) + i], 2)).Average();
            double[] z = Product(h, 2);
            loss += Weights[row] * (Math.Log(z.Sum(Math.Exp)) - z[Targets[row]]);
        }

        return loss / Positions;
    }

    /// <summary>Central difference of <see cref="Reference"/>.</summary>
    public double Derivative(Parameter parameter, int element)
    {
        const float Step = 1f / 1024;
        float value = parameter.Values[element];
        parameter.Values[element] = value + Step;
        double above = Reference();
        parameter.Values[element] = value - Step;
        double below = Reference();
        parameter.Values[element] = value;
        return (above - below) / (2 * Step);
    }

    /// <summary>Every gradient is the derivative of <see cref="Reference"/>, to a share of its largest element.</summary>
    public void AssertGradients(double tolerance)
    {
        foreach (Parameter parameter in Parameters)
        {
            double[] expected = [.. parameter.Values.Select((_, i) => Derivative(parameter, i))], actual = Gradient(parameter);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], actual[i], tolerance * expected.Max(Math.Abs), $"{parameter.Name} {i}");
            }
        }
    }

    public void Dispose()
    {
        _context.Dispose();
        _step.Dispose();
        _memory.Dispose();
        _arenas.Dispose();
    }

    private double[] Product(double[] x, int weight)
    {
        (Parameter w, Parameter b) = (Parameters[weight], Parameters[weight + 1]);
        return [.. b.Values.Select((bias, row) => bias + x.Select((value, i) => value * w.Values[(row * x.Length) + i]).Sum())];
    }

    private void Fill<T>(string name, T[] values)
        where T : unmanaged
    {
        if (Layout.Inputs.FirstOrDefault(input => input.Name == name) is { } input)
        {
            _device.Write<T>(_context.Words(input).Address, values);
        }
    }
}

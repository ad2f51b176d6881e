using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Each activation and its gradient on one vector of Float32.</summary>
internal static class ActivationLanes<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>√(2/π), of the tanh form of GELU.</summary>
    private const float GeluScale = 0.797884561f;

    /// <summary>Weight of x³ in the tanh form of GELU.</summary>
    private const float GeluCube = 0.044715f;

    /// <summary>λ of SELU.</summary>
    private const float SeluScale = 1.05070099f;

    /// <summary>α of SELU.</summary>
    private const float SeluAlpha = 1.67326324f;

    /// <summary>y = act(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Forward(ActivationKind kind, TVector x)
    {
        switch (kind)
        {
            case ActivationKind.Relu:
                return VectorMath<TLanes, TVector>.AtLeast(x, TLanes.Broadcast(0f));
            case ActivationKind.Gelu:
                return Gate(x, ActivationMath<TLanes, TVector>.Sigmoid(GeluArgument(x)));
            case ActivationKind.GeluErf:
                return ActivationMath<TLanes, TVector>.GeluErf(x);
            case ActivationKind.Silu:
                return Gate(x, ActivationMath<TLanes, TVector>.Sigmoid(x));
            case ActivationKind.Tanh:
                return ActivationMath<TLanes, TVector>.Tanh(x);
            case ActivationKind.Sigmoid:
                return ActivationMath<TLanes, TVector>.Sigmoid(x);
            case ActivationKind.Mish:
                return Gate(x, MishGate(x));
            case ActivationKind.Selu:
                return Selu(x);
            case ActivationKind.None:
                return x;
            default:
                throw UnknownValue.Of(kind);
        }
    }

    /// <summary>dx = dy·act′, from y or from the pre-activation z, as <see cref="Activations.SavesOutput"/> says.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Backward(ActivationKind kind, TVector dy, TVector saved)
    {
        var one = TLanes.Broadcast(1f);
        switch (kind)
        {
            case ActivationKind.Relu:
                // Chosen, not multiplied: 0 where the unit is off even if dy is not finite; a NaN in y lets dy through.
                return TLanes.Select(IsAtMostZero(saved), TLanes.Broadcast(0f), dy);
            case ActivationKind.Gelu:
                return TLanes.Multiply(dy, GeluDerivative(saved));
            case ActivationKind.GeluErf:
                return TLanes.Multiply(dy, ActivationMath<TLanes, TVector>.GeluErfDerivative(saved));
            case ActivationKind.Silu:
                return TLanes.Multiply(dy, SiluDerivative(saved));
            case ActivationKind.Tanh:
                return TLanes.Multiply(dy, TLanes.Multiply(TLanes.Subtract(one, saved), TLanes.Add(one, saved)));
            case ActivationKind.Sigmoid:
                return TLanes.Multiply(dy, TLanes.Multiply(saved, TLanes.Subtract(one, saved)));
            case ActivationKind.Mish:
                return TLanes.Multiply(dy, MishDerivative(saved));
            case ActivationKind.Selu:
                return TLanes.Multiply(dy, SeluDerivative(saved));
            case ActivationKind.None:
                return dy;
            default:
                throw UnknownValue.Of(kind);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector IsAtMostZero(TVector y)
    {
        var zero = TLanes.Broadcast(0f);
        return TLanes.OrBits(TLanes.GreaterThan(zero, y), TLanes.AreEqual(y, zero));
    }

    /// <summary>x·gate with the limit −0 at −∞, where the gate is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Gate(TVector x, TVector gate)
        => TLanes.Multiply(VectorMath<TLanes, TVector>.AtLeast(x, TLanes.Broadcast(float.MinValue)), gate);

    /// <summary>x within ±256: derivatives are constant long before, and 0·∞ cannot arise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Bounded(TVector x)
        => VectorMath<TLanes, TVector>.AtMost(VectorMath<TLanes, TVector>.AtLeast(x, TLanes.Broadcast(-256f)), TLanes.Broadcast(256f));

    /// <summary>eˣ; from 20 on e²⁰, where the gate is 1 and (eˣ)⁴ still a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector MishExp(TVector x)
        => VectorMath<TLanes, TVector>.Exp(VectorMath<TLanes, TVector>.AtMost(x, TLanes.Broadcast(20f)));

    /// <summary>tanh(ln(1 + e)) = w/(w + 2) with w = e·(e + 2), e = eˣ: nothing cancels, however small e is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector MishGate(TVector x)
    {
        TVector e = MishExp(x), two = TLanes.Broadcast(2f);
        var w = TLanes.Multiply(e, TLanes.Add(e, two));
        return TLanes.Divide(w, TLanes.Add(w, two));
    }

    /// <summary>w/(w + 2) + x·4e(1 + e)/(w + 2)², from tanh′(s)·σ(x) with s = ln(1 + e), as 1 − tanh²(s) = 4(1 + e)²/(w + 2)².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector MishDerivative(TVector z)
    {
        TVector x = Bounded(z), e = MishExp(x), two = TLanes.Broadcast(2f);
        var w = TLanes.Multiply(e, TLanes.Add(e, two));
        var sum = TLanes.Add(w, two);
        var slope = TLanes.Divide(TLanes.Multiply(TLanes.Broadcast(4f), TLanes.FusedMultiplyAdd(e, e, e)), TLanes.Multiply(sum, sum));
        return TLanes.FusedMultiplyAdd(x, slope, TLanes.Divide(w, sum));
    }

    /// <summary>λx, or λα(eˣ − 1) where eˣ − 1 = 2t/(1 − t), t = tanh(x/2), which does not cancel near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Selu(TVector x)
    {
        var t = ActivationMath<TLanes, TVector>.Tanh(TLanes.Multiply(x, TLanes.Broadcast(0.5f)));
        var rise = TLanes.Divide(TLanes.Add(t, t), TLanes.Subtract(TLanes.Broadcast(1f), t));
        return TLanes.Select(
            TLanes.GreaterThan(x, TLanes.Broadcast(0f)),
            TLanes.Multiply(TLanes.Broadcast(SeluScale), x),
            TLanes.Multiply(TLanes.Broadcast(SeluScale * SeluAlpha), rise));
    }

    /// <summary>λ, or λαeˣ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector SeluDerivative(TVector z)
        => TLanes.Select(
            TLanes.GreaterThan(z, TLanes.Broadcast(0f)),
            TLanes.Broadcast(SeluScale),
            TLanes.Multiply(
                TLanes.Broadcast(SeluScale * SeluAlpha),
                VectorMath<TLanes, TVector>.Exp(VectorMath<TLanes, TVector>.AtMost(z, TLanes.Broadcast(0f)))));

    /// <summary>2u, u = √(2/π)(x + 0.044715x³); ½(1 + tanh u) = σ(2u), which does not cancel for negative x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector GeluArgument(TVector x)
    {
        var square = TLanes.Multiply(x, x);
        var factor = VectorMath<TLanes, TVector>.Horner(TLanes.Broadcast(2f * GeluScale * GeluCube), square, 2f * GeluScale);
        return TLanes.Multiply(x, factor);
    }

    /// <summary>s + x·s(1 − s)·2u′ with s = σ(2u), 2u′ = 2√(2/π)(1 + 3·0.044715x²).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector GeluDerivative(TVector z)
    {
        var x = Bounded(z);
        var argument = GeluArgument(x);
        var s = ActivationMath<TLanes, TVector>.Sigmoid(argument);
        var rest = ActivationMath<TLanes, TVector>.Sigmoid(VectorMath<TLanes, TVector>.Negate(argument));
        var slope = VectorMath<TLanes, TVector>.Horner(TLanes.Broadcast(6f * GeluScale * GeluCube), TLanes.Multiply(x, x), 2f * GeluScale);
        return TLanes.FusedMultiplyAdd(TLanes.Multiply(x, slope), TLanes.Multiply(s, rest), s);
    }

    /// <summary>s + x·s(1 − s) with s = σ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector SiluDerivative(TVector z)
    {
        var x = Bounded(z);
        var s = ActivationMath<TLanes, TVector>.Sigmoid(x);
        var rest = ActivationMath<TLanes, TVector>.Sigmoid(VectorMath<TLanes, TVector>.Negate(x));
        return TLanes.FusedMultiplyAdd(x, TLanes.Multiply(s, rest), s);
    }
}

using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Finds this library's networks in a fitted pipeline, wherever ML.NET has put them.</summary>
internal static class ModelTrainings
{
    /// <summary>
    /// The networks in their order: of chains within chains, of one-versus-all one a class, of a calibrated model the model.
    /// </summary>
    /// <param name="model">A fitted pipeline or a part of one.</param>
    public static IEnumerable<NetworkModel> NetworksOf(ITransformer model) => model switch
    {
        ITransformerChainAccessor chain => chain.Transformers.SelectMany(NetworksOf),
        IPredictionTransformer<object> predictor => NetworksOf(predictor.Model),
        _ => [],
    };

    private static IEnumerable<NetworkModel> NetworksOf(object parameters) => parameters switch
    {
        INetworkModel network => [network.Network],
        OneVersusAllModelParameters several => SubModels(several).SelectMany(NetworksOf),
        IWeaklyTypedCalibratedModelParameters calibrated => NetworksOf(calibrated.WeaklyTypedSubModel),
        _ => [],
    };

    /// <summary>The models of the classes, which ML.NET shows to itself only.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_SubModelParameters")]
    private static extern ImmutableArray<object> SubModels(OneVersusAllModelParameters model);
}

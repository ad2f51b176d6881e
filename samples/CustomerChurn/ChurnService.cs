using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;

namespace CustomerChurn;

/// <summary>
/// The model over HTTP: POST /score takes a customer as JSON, in any case of names, and answers with the probability that he leaves.
/// </summary>
internal static class ChurnService
{
    /// <summary>What a client may send, and whom it is about.</summary>
    public static IEnumerable<(string Who, string Json)> Examples =>
    [
        ("orders often",
            """
            { "joined": "2022-06-01", "lastOrder": "2024-12-20", "plan": "plus", "region": "west", "shop": "S017", "channel": "web",
              "age": 44, "income": 52000, "orders": 30, "returns": 2, "spend": 60, "complaints": 0 }
            """),
        ("has complained",
            """
            { "joined": "2024-03-01", "lastOrder": "2024-07-01", "plan": "basic", "region": "south", "shop": "S017", "channel": "phone",
              "age": null, "orders": 2, "returns": 1, "spend": 30, "complaints": 2 }
            """),
    ];

    /// <summary>Makes the service. Nothing listens yet.</summary>
    /// <param name="mlContext">The context.</param>
    /// <param name="model">The trained pipeline.</param>
    /// <param name="url">Where to listen; port 0 for any that is free.</param>
    /// <returns>The application.</returns>
    public static WebApplication Create(MLContext mlContext, ITransformer model, string url)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);

        // A prediction engine is for one thread at a time: each request takes one and gives it back.
        builder.Services.AddSingleton<ObjectPool<PredictionEngine<CustomerRow, Answer>>>(
            new DefaultObjectPool<PredictionEngine<CustomerRow, Answer>>(new Engines(mlContext, model)));

        // A gap is null, or left out.
        builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.Converters.Add(new NullIsNaN()));
        WebApplication app = builder.Build();
        app.MapPost("/score", (Customer customer, ObjectPool<PredictionEngine<CustomerRow, Answer>> engines) =>
        {
            PredictionEngine<CustomerRow, Answer> engine = engines.Get();
            try
            {
                return engine.Predict(new CustomerRow(customer));
            }
            finally
            {
                engines.Return(engine);
            }
        });
        return app;
    }

    private sealed class Engines(MLContext mlContext, ITransformer model) : PooledObjectPolicy<PredictionEngine<CustomerRow, Answer>>
    {
        public override PredictionEngine<CustomerRow, Answer> Create()
            => mlContext.Model.CreatePredictionEngine<CustomerRow, Answer>(model);

        public override bool Return(PredictionEngine<CustomerRow, Answer> engine) => true;
    }

    private sealed class NullIsNaN : JsonConverter<float>
    {
        public override bool HandleNull => true;

        public override float Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
            => reader.TokenType == JsonTokenType.Null ? float.NaN : reader.GetSingle();

        public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
    }
}

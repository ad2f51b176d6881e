namespace OnnxScoring;

/// <summary>The parts of the service, put together.</summary>
internal static class ScoringService
{
    /// <summary>Makes a service that is ready to run.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="model">What to score with; null for the file that the settings name.</param>
    /// <exception cref="StartException">A setting or the model is not usable.</exception>
    public static WebApplication Build(string[] args, IScoringModel? model = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Configuration.AddCommandLine(args, ScoringOptions.Switches);
        // Its lines for each request cost more than a small network.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        var options = ScoringOptions.Read(builder.Configuration);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(
            services => model
                ?? OnnxModel.Open(
                    options.Model ?? DigitsModel.FileName,
                    options.MaxBatch,
                    services.GetRequiredService<ILogger<OnnxModel>>()));
        builder.Services.AddOpenApi(api => api.AddDocumentTransformer((document, context, _) =>
        {
            ScoringDocument.Describe(document, context.ApplicationServices.GetRequiredService<IScoringModel>(), options);
            return Task.CompletedTask;
        }));
        builder.Services.AddSingleton<Batcher>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Batcher>());
        builder.Services.AddProblemDetails(problems => problems.CustomizeProblemDetails = problem =>
            problem.ProblemDetails.Detail ??= Endpoints.Advice(problem.HttpContext.Request, problem.ProblemDetails.Status));

        if (model is null && options.Model is null)
        {
            DigitsModel.EnsureExported();
        }

        WebApplication app = builder.Build();
        // Opened now: no port is taken for a model that cannot be.
        app.Services.GetRequiredService<IScoringModel>();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapScoring();
        return app;
    }
}

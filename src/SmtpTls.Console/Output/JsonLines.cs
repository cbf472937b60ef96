using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmtpTls.Cli.Output;

/// <summary>
/// The engine's records as one line of JSON each, under their own property names, so that a script reads the same from
/// here as from the cmdlets. Enumerations are their names, and what has a usual text form is that text.
/// </summary>
internal static class JsonLines
{
    private static readonly JsonSerializerOptions Options = new()
    {
        TypeInfoResolver = EngineJson.Default,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new EnhancedStatusCodeText(), new EndPointText(), new QueueIdText() },
    };

    public static string Format<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>A received message, and where it is kept: null where it is not.</summary>
    public static string Format(ReceivedMessage message, string? path)
    {
        var line = JsonSerializer.SerializeToNode(message, Options)!.AsObject();
        line["Path"] = path;
        return line.ToJsonString(Options);
    }

    private sealed class EnhancedStatusCodeText : JsonConverter<EnhancedStatusCode>
    {
        public override EnhancedStatusCode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("JSON is written here, never read.");

        public override void Write(Utf8JsonWriter writer, EnhancedStatusCode value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }

    private sealed class QueueIdText : JsonConverter<QueueId>
    {
        public override QueueId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("JSON is written here, never read.");

        public override void Write(Utf8JsonWriter writer, QueueId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }

    private sealed class EndPointText : JsonConverter<IPEndPoint>
    {
        public override IPEndPoint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("JSON is written here, never read.");

        public override void Write(Utf8JsonWriter writer, IPEndPoint value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}

/// <summary>A failure that left no other result.</summary>
internal sealed record FailureLine(SmtpFailure Failure);

// Generated at build: reading the records by reflection would cost a third of a short run.
[JsonSourceGenerationOptions(UseStringEnumConverter = true, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(SendResult))]
[JsonSerializable(typeof(CapabilityResult))]
[JsonSerializable(typeof(CertificateResult))]
[JsonSerializable(typeof(ReceivedMessage))]
[JsonSerializable(typeof(ReadyLine))]
[JsonSerializable(typeof(FailureLine))]
[JsonSerializable(typeof(RelayReadyLine))]
[JsonSerializable(typeof(CheckedLine))]
[JsonSerializable(typeof(QueuedMessage))]
[JsonSerializable(typeof(NextHopQueue))]
[JsonSerializable(typeof(QueueDoneLine))]
internal sealed partial class EngineJson : JsonSerializerContext;

using System.Collections;
using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Lets a parameter take messages as ids, as texts, and as what Get-SmtpTlsMessage and Get-SmtpTlsTrackingLog return.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class MessageArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        Elements(inputData).Select(ToArgument).ToArray();

    private static IEnumerable<object?> Elements(object? given) => Values.Unwrap(given) switch
    {
        string text => [text],

        // An id of digits alone, typed without quotes: PowerShell took it for a number, and still knows how it was typed.
        int or long or double or decimal => [LanguagePrimitives.ConvertTo<string>(given)],
        IEnumerable several => several.Cast<object?>().SelectMany(Elements),
        var one => [one],
    };

    private static MessageArgument ToArgument(object? given) => given switch
    {
        MessageArgument ready => ready,
        QueuedMessage message => new MessageArgument(message.Id, message.Queue, message.ToString()),
        TrackingEvent entry => new MessageArgument(entry.Id, entry.Queue, entry.Id.ToString()),
        QueueId id => new MessageArgument(id, queue: null, id.ToString()),
        string text when QueueId.TryParse(text.Trim(), out var id) => new MessageArgument(id, queue: null, id.ToString()),
        _ => throw Values.Refused(
            $"{Values.Describe(given)} is no message of a queue. Give the thirteen characters of its id, or what Get-SmtpTlsMessage returned."),
    };
}

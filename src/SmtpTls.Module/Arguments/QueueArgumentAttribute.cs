using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Reads the property Queue of a piped object: of a message or a row of a queue its name, of a relay the queue itself.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class QueueArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Values.Unwrap(inputData) switch
    {
        SmtpQueue queue => queue.Name,
        string name => name,
        var other => throw Values.Refused($"{Values.Describe(other)} is no queue. Give a relay's name, or a queue's path."),
    };
}

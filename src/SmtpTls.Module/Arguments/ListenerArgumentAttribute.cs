using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Lets a parameter that takes a listener take its name as well. The name is looked up by the command itself.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class ListenerArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
        {
            ListenerArgument ready => ready,
            SmtpListener listener => new ListenerArgument(listener),
            string { Length: > 0 } name => new ListenerArgument(name),
            var other => throw new ArgumentTransformationMetadataException(
                $"{(other is null or "" ? "Nothing" : $"A value of type {other.GetType()}")} is no listener. Give what Start-SmtpTlsListener returned, or its name."),
        };
}

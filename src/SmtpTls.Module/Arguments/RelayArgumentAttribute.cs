using System.Collections;
using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Lets a parameter that takes relays take their names as well. A name is looked up by the command itself.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class RelayArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var given = Values.Unwrap(inputData);
        return given is IEnumerable several and not string ? several.Cast<object?>().Select(one => ToArgument(Values.Unwrap(one))).ToArray() : ToArgument(given);
    }

    private static RelayArgument ToArgument(object? given) => given switch
    {
        RelayArgument ready => ready,
        SmtpRelay relay => new RelayArgument(relay),
        string { Length: > 0 } name => new RelayArgument(name),
        var other => throw Values.Refused($"{Values.Describe(other)} is no relay. Give what Start-SmtpTlsRelay returned, or its name."),
    };
}

using System.Collections;
using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Lets a parameter take users as credentials, as the path of a file of hashes, or as a directory. The file is read later, by the command.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class UserArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        ArgumentNullException.ThrowIfNull(engineIntrinsics);
        return Values.Unwrap(inputData) switch
        {
            UserArgument ready => ready,
            IUserDirectory directory => new UserArgument(directory),
            FileInfo file => new UserArgument(file.FullName),
            string { Length: > 0 } path => new UserArgument(engineIntrinsics.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path)),
            PSCredential credential => new UserArgument(new[] { credential }),
            IEnumerable several and not string => new UserArgument(several.Cast<object?>().Select(ToCredential).ToArray()),
            var other => throw Refused(other),
        };
    }

    private static PSCredential ToCredential(object? given) => Values.Unwrap(given) as PSCredential ?? throw Refused(Values.Unwrap(given));

    private static ArgumentTransformationMetadataException Refused(object? given) => Values.Refused(
        $"{Values.Describe(given)} names no users. Give credentials (Get-Credential), or the path of a file with a line name:hash for each user.");
}

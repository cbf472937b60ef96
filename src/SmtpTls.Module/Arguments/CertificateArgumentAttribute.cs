using System.Collections;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Module;

/// <summary>
/// Lets a parameter take certificates in every form in which an administrator has them. Files are opened later, by the
/// command itself, so that what is wrong with one is reported under the engine's own id.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class CertificateArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        ArgumentNullException.ThrowIfNull(engineIntrinsics);
        return Elements(inputData).Select(element => ToArgument(engineIntrinsics, element)).ToArray();
    }

    private static IEnumerable<object?> Elements(object? given) => Unwrap(given) switch
    {
        string text => [text],
        IEnumerable several => several.Cast<object?>().SelectMany(Elements),
        var one => [one],
    };

    private static CertificateArgument ToArgument(EngineIntrinsics engine, object? given) => given switch
    {
        CertificateArgument ready => ready,
        X509Certificate2 or IssuedCertificate or ListenerCertificate => new CertificateArgument(given),
        FileInfo file => new CertificateArgument(file.FullName),
        string { Length: > 0 } text when CertificateArgument.IsThumbprint(text) => new CertificateArgument(text),
        string { Length: > 0 } path => new CertificateArgument(engine.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path)),
        _ => throw new ArgumentTransformationMetadataException(
            $"{(given is null or "" ? "Nothing" : $"A value of type {given.GetType()}")} is no certificate. Give what New-SmtpTlsCertificate returned, "
            + "an X509Certificate2, the path of a PFX or PEM file, or the thumbprint of a certificate in the store."),
    };

    private static object? Unwrap(object? given) => given is PSObject wrapped ? wrapped.BaseObject : given;
}

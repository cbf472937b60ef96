using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Tls;

/// <summary>
/// The presented identifiers of a certificate that can name a mail server: dNSName and iPAddress of subjectAltName
/// (RFC 5280 §4.2.1.6). The common name is not among them (RFC 9525 §2).
/// </summary>
internal sealed record CertificateNames
{
    internal const string SubjectAlternativeNameOid = "2.5.29.17";

    // Context tags of GeneralName's choices (RFC 5280 §4.2.1.6).
    private static readonly Asn1Tag DnsNameTag = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag IPAddressTag = new(TagClass.ContextSpecific, 7);

    /// <summary>A certificate that names nothing.</summary>
    internal static CertificateNames None { get; } = new();

    /// <summary>As they stand in the certificate: unchecked, any case.</summary>
    internal IReadOnlyList<string> DnsNames { get; init; } = [];

    internal IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>True where the extension is there, whether it can be read or not.</summary>
    internal bool HasExtension { get; init; }

    /// <summary>Why the extension cannot be read; null where it can. A certificate like that names nothing.</summary>
    internal string? Malformed { get; init; }

    internal static CertificateNames Read(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var extensions = certificate.Extensions.Where(e => e.Oid?.Value == SubjectAlternativeNameOid).ToArray();
        return extensions.Length switch
        {
            0 => None,
            1 => Parse(extensions[0].RawData),
            // RFC 5280 §4.2: no more than one instance of an extension. Which one would count is anybody's guess.
            _ => Unreadable($"the certificate has {extensions.Length} subjectAltName extensions"),
        };
    }

    /// <summary>Reads the value of the extension: GeneralNames, a SEQUENCE of one or more GeneralName.</summary>
    internal static CertificateNames Parse(ReadOnlyMemory<byte> extension)
    {
        var dnsNames = new List<string>();
        var addresses = new List<IPAddress>();
        try
        {
            var outer = new AsnReader(extension, AsnEncodingRules.DER);
            var entries = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            while (entries.HasData)
            {
                var tag = entries.PeekTag();
                if (tag == DnsNameTag)
                {
                    dnsNames.Add(entries.ReadCharacterString(UniversalTagNumber.IA5String, DnsNameTag));
                }
                else if (tag == IPAddressTag)
                {
                    var octets = entries.ReadOctetString(IPAddressTag);
                    if (octets.Length is not (4 or 16))
                    {
                        return Unreadable($"an iPAddress entry has {octets.Length} octets");
                    }

                    addresses.Add(new IPAddress(octets));
                }
                else
                {
                    _ = entries.ReadEncodedValue();
                }
            }
        }
        catch (AsnContentException exception)
        {
            return Unreadable(exception.Message);
        }

        return new CertificateNames { DnsNames = dnsNames, Addresses = addresses, HasExtension = true };
    }

    // All or nothing: half of a broken extension must not decide whom we trust.
    private static CertificateNames Unreadable(string why) => new() { HasExtension = true, Malformed = why };
}

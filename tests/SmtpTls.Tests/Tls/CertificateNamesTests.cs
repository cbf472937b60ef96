using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

public sealed class CertificateNamesTests
{
    [Fact]
    public void Dns_names_and_addresses_are_read_as_they_stand_there()
    {
        using var issued = TestPki.Issue("Mail.contoso.com", "*.contoso.com", "192.0.2.1", "2001:db8::1");
        var names = CertificateNames.Read(issued.Certificate);

        Assert.Equal(["mail.contoso.com", "*.contoso.com"], names.DnsNames);
        Assert.Equal([IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")], names.Addresses);
        Assert.True(names.HasExtension);
        Assert.Null(names.Malformed);
    }

    [Fact]
    public void Without_the_extension_the_common_name_is_not_a_name()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = TestPki.Make("CN=mail.contoso.com", key);
        var names = CertificateNames.Read(certificate);

        Assert.Same(CertificateNames.None, names);
        Assert.True(ReferenceIdentity.TryParse("mail.contoso.com", out var identity, out _));
        Assert.False(NameMatcher.Match(identity, names).Matches);
    }

    [Fact]
    public void Other_kinds_of_names_are_passed_over()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, "postmaster@contoso.com", new Asn1Tag(TagClass.ContextSpecific, 1));
            writer.WriteCharacterString(UniversalTagNumber.IA5String, "smtp://mail.contoso.com", new Asn1Tag(TagClass.ContextSpecific, 6));
            writer.WriteCharacterString(UniversalTagNumber.IA5String, "mail.contoso.com", new Asn1Tag(TagClass.ContextSpecific, 2));
        }

        Assert.Equal(["mail.contoso.com"], CertificateNames.Parse(writer.Encode()).DnsNames);
    }

    public static TheoryData<string, byte[]> Malformed() => new()
    {
        { "empty", [] },
        { "not a sequence", [0x04, 0x01, 0x00] },
        { "longer than it is", [0x30, 0x10, 0x82, 0x04, 0x61] },
        { "bytes after the end", [.. TestPki.RawNames("a.test"), 0x05, 0x00] },
        { "an entry cut short", [0x30, 0x04, 0x82, 0x10, 0x61, 0x62] },
        { "an address of five octets", [0x30, 0x07, 0x87, 0x05, 1, 2, 3, 4, 5] },
        { "8-bit characters in a name", TestPki.RawNames("mäil.test") },
        { "good, then bad", [0x30, 0x0B, 0x82, 0x06, 0x61, 0x2E, 0x74, 0x65, 0x73, 0x74, 0x87, 0x01, 0x01] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_extension_is_a_fact_and_names_nothing(string what, byte[] value)
    {
        var names = CertificateNames.Parse(value);

        Assert.False(string.IsNullOrEmpty(names.Malformed), what);
        Assert.True(names.HasExtension);
        Assert.Empty(names.DnsNames);
        Assert.Empty(names.Addresses);
    }

    [Fact]
    public void A_certificate_with_a_malformed_extension_is_read_all_the_same()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = TestPki.Make("CN=mail.contoso.com", key, issuer: null, hash: null, TestPki.RawExtension([0x30, 0x10, 0x82]));

        Assert.NotNull(CertificateNames.Read(certificate).Malformed);
        Assert.Empty(CertificateFacts.Read(certificate, TestPki.Clock()).DnsNames);
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(5280);
        for (var round = 0; round < 20_000; round++)
        {
            byte[] bytes = TestPki.RawNames("mail.contoso.com", "*.contoso.com");
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var names = CertificateNames.Parse(bytes);
            Assert.True(names.HasExtension);
        }
    }
}

using System.Net;
using System.Security;

namespace SmtpTls.Tests.Facades;

public class UserDirectoryTests
{
    // 10,000 rounds over the password "pässword" with sixteen zero octets as salt, by Python's hashlib.
    private const string Hash = "uPDskCWOiHQ0aQ6mc71BLJvLMbhltgxcq6y/6RoLX00=";
    private const string Line = "ann:pbkdf2-sha256$10000$AAAAAAAAAAAAAAAAAAAAAA==$" + Hash;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hash_of_another_program_is_understood()
    {
        var users = UserDirectory.FromHashes(["# the team", "", Line]);
        Assert.Equal(["ann"], users.Users);
        Assert.True(await users.VerifyAsync("ann", "pässword", Token));
        Assert.False(await users.VerifyAsync("ann", "password", Token));
    }

    [Fact]
    public async Task A_password_counts_in_its_composed_form_and_a_name_whatever_its_case()
    {
        var users = UserDirectory.FromHashes([Line]);
        Assert.True(await users.VerifyAsync("ANN", "pa\u0308ssword", Token));
    }

    [Fact]
    public async Task What_was_right_once_is_right_again_and_nothing_else_is()
    {
        var users = UserDirectory.FromHashes([Line, Line.Replace("ann:", "bob:", StringComparison.Ordinal)]);
        Assert.True(await users.VerifyAsync("ann", "pässword", Token));
        Assert.True(await users.VerifyAsync("ann", "pässword", Token));
        Assert.False(await users.VerifyAsync("ann", "wrong", Token));
        Assert.False(await users.VerifyAsync("carol", "pässword", Token));
        Assert.True(await users.VerifyAsync("bob", "pässword", Token));
    }

    [Fact]
    public async Task A_credential_becomes_a_hash_with_todays_rounds_and_a_salt_of_its_own()
    {
        var credential = new NetworkCredential("ann", "secret words");
        var (first, second) = (UserDirectory.HashLine(credential), UserDirectory.HashLine(credential));
        Assert.StartsWith("ann:pbkdf2-sha256$600000$", first, StringComparison.Ordinal);
        Assert.NotEqual(first, second, StringComparer.Ordinal);
        Assert.True(await UserDirectory.FromHashes([first]).VerifyAsync("ann", "secret words", Token));
    }

    [Fact]
    public async Task Credentials_may_come_as_secure_strings_and_with_a_domain()
    {
        using var password = new SecureString();
        foreach (var c in "secret")
        {
            password.AppendChar(c);
        }

        var users = UserDirectory.Create([new NetworkCredential("ann", password), new NetworkCredential("bob", "other", "CONTOSO")]);
        Assert.True(await users.VerifyAsync("ann", "secret", Token));
        Assert.True(await users.VerifyAsync(@"CONTOSO\bob", "other", Token));
        Assert.False(await users.VerifyAsync("bob", "other", Token));
    }

    [Theory]
    [InlineData("ann")]
    [InlineData(":pbkdf2-sha256$10000$AAAAAAAAAAAAAAAAAAAAAA==$GOLDEN")]
    [InlineData("ann:$6$salt$hash")]
    [InlineData("ann:pbkdf2-sha1$10000$AAAAAAAAAAAAAAAAAAAAAA==$GOLDEN")]
    [InlineData("ann:pbkdf2-sha256$9999$AAAAAAAAAAAAAAAAAAAAAA==$GOLDEN")]
    [InlineData("ann:pbkdf2-sha256$10000001$AAAAAAAAAAAAAAAAAAAAAA==$GOLDEN")]
    [InlineData("ann:pbkdf2-sha256$-1$AAAAAAAAAAAAAAAAAAAAAA==$GOLDEN")]
    [InlineData("ann:pbkdf2-sha256$10000$AAAA$GOLDEN")]
    [InlineData("ann:pbkdf2-sha256$10000$!$GOLDEN")]
    [InlineData("ann:pbkdf2-sha256$10000$AAAAAAAAAAAAAAAAAAAAAA==$AAAA")]
    [InlineData("an\u0007n:pbkdf2-sha256$10000$AAAAAAAAAAAAAAAAAAAAAA==$GOLDEN")]
    public void A_line_that_is_none_is_refused_by_its_number_and_not_quoted(string line)
    {
        var refused = Assert.Throws<SmtpException>(() => UserDirectory.FromHashes(["", Golden(line)]));
        Assert.Equal(FindingCode.InvalidInput, refused.Failure.Code);
        Assert.NotEmpty(refused.Failure.Advice);
        Assert.DoesNotContain("AAAA", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_that_is_there_twice_is_refused()
    {
        var refused = Assert.Throws<SmtpException>(() => UserDirectory.FromHashes([Line, Line.Replace("ann:", "Ann:", StringComparison.Ordinal)]));
        Assert.Contains("'Ann'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ann", "")]
    [InlineData("ann", "a\0b")]
    [InlineData("a:nn", "hunter2")]
    [InlineData("", "hunter2")]
    public void A_credential_that_no_client_could_give_is_refused_without_its_password(string user, string password)
    {
        var refused = Assert.Throws<SmtpException>(() => UserDirectory.Create([new NetworkCredential(user, password)]));
        Assert.DoesNotContain("hunter2", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_with_half_a_surrogate_pair_is_refused_without_it()
    {
        // Not as a test's argument: attributes cannot hold one.
        var refused = Assert.Throws<SmtpException>(() => UserDirectory.Create([new NetworkCredential("ann", $"hunter2{(char)0xD800}")]));
        Assert.DoesNotContain("hunter2", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_without_users_knows_nobody() =>
        Assert.False(await UserDirectory.FromHashes([]).VerifyAsync("ann", "", Token));

    private static string Golden(string line) => line.Replace("GOLDEN", Hash, StringComparison.Ordinal);
}

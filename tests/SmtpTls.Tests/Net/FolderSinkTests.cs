using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

public sealed class FolderSinkTests
{
    [Fact]
    public void The_names_in_a_folder_are_flushed_and_one_that_cannot_be_is_told()
    {
        using var folder = new TemporaryFolder();
        FolderNames.Flush(folder.Path);
        if (!OperatingSystem.IsWindows())
        {
            var refusal = Assert.Throws<IOException>(() => FolderNames.Flush(folder.File("none")));
            Assert.Contains(folder.File("none"), refusal.Message, StringComparison.Ordinal);
        }
    }
}

using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Protocol;

public class ClientDialogueFileTests
{
    private static string Folder => RepositoryFolder.Combine("tests", "SmtpTls.Tests", "Dialogues", "client");

    public static TheoryData<string, Chunking> Files()
    {
        var data = new TheoryData<string, Chunking>();
        foreach (var file in Directory.GetFiles(Folder, "*.dialogue").Order(StringComparer.Ordinal))
        {
            var only = DialogueScript.Parse(File.ReadAllText(file)).Setting("chunking");
            foreach (var chunking in Enum.GetValues<Chunking>().Where(c => only is null || c.ToString() == only))
            {
                data.Add(Path.GetFileNameWithoutExtension(file), chunking);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_dialogue_goes_as_its_file_says_however_the_replies_are_cut(string name, Chunking chunking)
    {
        var script = DialogueScript.Parse(File.ReadAllText(Path.Combine(Folder, name + ".dialogue")));

        Assert.NotEmpty(script.Expected);
        Assert.Equal(script.Expected, DialogueReplay.Run(script, chunking));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_same_replies_always_lead_to_the_same_dialogue(string name, Chunking chunking)
    {
        var script = DialogueScript.Parse(File.ReadAllText(Path.Combine(Folder, name + ".dialogue")));

        Assert.Equal(DialogueReplay.Run(script, chunking), DialogueReplay.Run(script, chunking));
    }
}

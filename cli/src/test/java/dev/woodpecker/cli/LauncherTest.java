package dev.woodpecker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code wpk} in a small project, with a Maven and a JDK that only note what they are asked. */
class LauncherTest {

    private static final Path LAUNCHER = Path.of(System.getProperty("woodpecker.root"), "wpk");

    private static final String MAVEN = """
        #!/usr/bin/env bash
        while [[ $1 != -f ]]; do shift; done
        project=$(dirname "$2")
        echo "built" >>"$project/builds"
        sleep 0.2
        if [[ -e $project/broken ]]; then
            echo "[ERROR] A.java:[3,5] ';' expected"
            exit 1
        fi
        mkdir -p "$project/cli/target/quick"
        touch "$project/cli/target/quick/cli-1.jar" "$project/library.jar"
        echo "$project/library.jar" >"$project/cli/target/quick/class-path"
        """;

    private static final String JAVA = """
        #!/usr/bin/env bash
        while [[ $1 != -cp ]]; do shift; done
        shift 2
        printf '<%s>' "$@"
        """;

    @TempDir
    private Path directory;

    private Path project;
    private Path source;

    @BeforeEach
    void smallProject() throws IOException {
        project = Files.createDirectory(directory.resolve("the project"));
        source = project.resolve("cli/src/main/java/A.java");
        Files.createDirectories(source.getParent());
        Files.writeString(source, "class A {}");
        Files.writeString(project.resolve("pom.xml"), "<project/>");
        Files.writeString(project.resolve("cli/pom.xml"), "<project/>");
        Files.createDirectories(project.resolve("cli/src/test"));
        Files.copy(LAUNCHER, project.resolve("wpk"));
        executable(directory.resolve("bin/mvn"), MAVEN);
        executable(directory.resolve("jdk/bin/java"), JAVA);
        executable(directory.resolve("jdk/bin/javac"), JAVA);
        Files.writeString(directory.resolve("jdk/release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"25.0.3\"\n");
    }

    @Test
    void buildsOnTheFirstUseOnly() throws Exception {
        assertThat(wpk("run", "a model.onnx").output())
                .isEqualTo("wpk: building (on first use and when a source has changed)\n"
                        + "<dev.woodpecker.cli.Wpk><run><a model.onnx>");
        assertThat(wpk("--version").output()).isEqualTo("<dev.woodpecker.cli.Wpk><--version>");
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void buildsAgainWhenASourceIsNewer() throws Exception {
        wpk();
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(1)));
        wpk();
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void buildsAgainWhenASourceIsGone() throws Exception {
        wpk();
        Files.delete(source);
        wpk();
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void buildsAgainWhenAJarIsGone() throws Exception {
        wpk();
        Files.delete(project.resolve("library.jar"));
        wpk();
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void aTestIsNoReasonToBuild() throws Exception {
        wpk();
        Files.writeString(project.resolve("cli/src/test/T.java"), "class T {}");
        wpk();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void startsThroughASymbolicLink() throws Exception {
        var link = Files.createSymbolicLink(directory.resolve("link"), Path.of("the project/wpk"));
        assertThat(finish(start(link, "doctor")).output()).endsWith("<dev.woodpecker.cli.Wpk><doctor>");
    }

    @Test
    void firstUsesAtTheSameTimeBuildOnce() throws Exception {
        var processes = new ArrayList<Process>();
        for (int i = 0; i < 4; i++) {
            processes.add(start(project.resolve("wpk"), "--version"));
        }
        for (var process : processes) {
            assertThat(finish(process).status()).isZero();
        }
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void aFailedBuildShowsItsErrorsAndIsTriedAgain() throws Exception {
        var broken = Files.createFile(project.resolve("broken"));
        var failed = wpk("--version");
        assertThat(failed.status()).isEqualTo(1);
        assertThat(failed.output())
                .contains("A.java:[3,5] ';' expected")
                .contains("the build failed; all of it is in "
                        + project.toRealPath().resolve("cli/target/quick"));
        Files.delete(broken);
        assertThat(wpk("--version").output()).endsWith("<dev.woodpecker.cli.Wpk><--version>");
    }

    @Test
    void aJdkOfAnotherVersionIsNamed() throws Exception {
        Files.writeString(directory.resolve("jdk/release"), "JAVA_VERSION=\"25.0.2\"\n");
        var refused = wpk("--version");
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.output())
                .isEqualTo("wpk: WPK_JAVA_HOME=" + directory.resolve("jdk")
                        + " is Java 25.0.2; 25.0.3 or a later 25 is needed\n");
    }

    private Finished wpk(String... arguments) throws IOException, InterruptedException {
        return finish(start(project.resolve("wpk"), arguments));
    }

    private Process start(Path script, String... arguments) throws IOException {
        var command = Stream.concat(Stream.of(script.toString()), Stream.of(arguments))
                .toList();
        var builder = new ProcessBuilder(command).redirectErrorStream(true).directory(directory.toFile());
        builder.environment().put("PATH", directory.resolve("bin") + ":" + System.getenv("PATH"));
        builder.environment().put("WPK_JAVA_HOME", directory.resolve("jdk").toString());
        return builder.start();
    }

    private static Finished finish(Process process) throws IOException, InterruptedException {
        var output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Finished(process.waitFor(), output);
    }

    private int builds() throws IOException {
        return Files.readAllLines(project.resolve("builds")).size();
    }

    private static void executable(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private record Finished(int status, String output) {}
}

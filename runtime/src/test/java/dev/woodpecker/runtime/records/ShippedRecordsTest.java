package dev.woodpecker.runtime.records;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShippedRecordsTest {
    private static final String FOLDER = "META-INF/woodpecker/records/";

    @TempDir
    Path directory;

    private static String line(TuningRecord record) {
        return RecordJson.print(record) + "\n";
    }

    private static List<TuningRecord> shipped(Path classPath) throws Exception {
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {classPath.toUri().toURL()}, null)) {
            return ShippedRecords.of(loader);
        }
    }

    @Test
    void recordsAreReadFromFolders() throws Exception {
        TuningRecord first = TestRecords.timed(TestRecords.key(1), "direct", 1, true);
        TuningRecord second = TestRecords.timed(TestRecords.key(2), "direct", 1, true);
        Path folder = Files.createDirectories(directory.resolve(FOLDER));
        Files.writeString(folder.resolve("b.jsonl"), line(second));
        Files.writeString(folder.resolve("a.jsonl"), line(first));
        Files.writeString(folder.resolve("readme.txt"), "no record");
        assertThat(shipped(directory)).containsExactly(first, second);
    }

    @Test
    void recordsAreReadFromJars() throws Exception {
        TuningRecord record = TestRecords.timed(TestRecords.key(1), "direct", 1, true);
        Path jar = directory.resolve("kernels.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file)) {
            for (String name : List.of(FOLDER, FOLDER + "zen4.jsonl", FOLDER + "notes.txt")) {
                out.putNextEntry(new JarEntry(name));
                if (name.endsWith(".jsonl")) {
                    out.write(line(record).getBytes(StandardCharsets.UTF_8));
                }
                out.closeEntry();
            }
        }
        assertThat(shipped(jar)).containsExactly(record);
    }

    @Test
    void theLibrarysRecordsHaveWonAgainstTheirDefaultsAndHaveTraces() {
        assertThat(ShippedRecords.of(ShippedRecords.class.getClassLoader()))
                .isNotEmpty()
                .allMatch(TuningRecord::isConfirmed)
                .allSatisfy(record -> assertThat(record.schedule().steps()).isNotEmpty());
    }

    @Test
    void aClassPathWithoutRecordsHasNone() throws Exception {
        assertThat(shipped(directory)).isEmpty();
    }
}

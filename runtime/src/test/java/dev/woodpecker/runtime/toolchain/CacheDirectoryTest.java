package dev.woodpecker.runtime.toolchain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.woodpecker.runtime.toolchain.CacheDirectory.Section;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheDirectoryTest {
    private static final ContentKey KEY = ContentKey.of("some source", "some flags");

    @TempDir
    Path home;

    @Test
    void whatIsPublishedIsFound() {
        CacheDirectory cache = CacheDirectory.open(home);
        assertThat(cache.find(Section.KERNELS, KEY)).isEmpty();
        publish(cache, "hello");
        assertThat(cache.find(Section.KERNELS, KEY))
                .hasValueSatisfying(entry -> assertThat(entry.file("text")).hasContent("hello"));
        assertThat(cache.find(Section.NATIVE, KEY)).isEmpty();
        assertThat(cache.isPersistent()).isTrue();
    }

    @Test
    void entriesThatShareAFileAreLookedAtTogetherAndDamageIsStillSeen() throws IOException {
        CacheDirectory cache = CacheDirectory.open(home);
        ContentKey other = ContentKey.of("another source");
        Path text = publish(cache, "hello").file("text");
        CacheEntry linked =
                cache.publish(Section.KERNELS, other, folder -> Files.createLink(folder.resolve("text"), text));
        Integrity together = Sha256Sums.ofOneTime();
        assertThat(cache.find(Section.KERNELS, KEY, together)).isPresent();
        assertThat(cache.find(Section.KERNELS, other, together)).isPresent();
        Files.writeString(text, "jello");
        assertThat(linked.file("text")).hasContent("jello");
        Integrity later = Sha256Sums.ofOneTime();
        assertThat(cache.find(Section.KERNELS, KEY, later)).isEmpty();
        assertThat(cache.find(Section.KERNELS, other, later)).isEmpty();
    }

    @Test
    void aKeyDependsOnWhereOnePartEnds() {
        assertThat(ContentKey.of("ab", "c")).isNotEqualTo(ContentKey.of("a", "bc"));
    }

    @Test
    void theDirectoryComesFromTheEnvironment() {
        assertThat(CacheDirectory.open(new Environment(
                                Map.of("WPK_CACHE", home.resolve("a").toString())))
                        .directory())
                .isEqualTo(home.resolve("a/v1"));
        assertThat(CacheDirectory.open(new Environment(
                                Map.of("XDG_CACHE_HOME", home.resolve("b").toString())))
                        .directory())
                .isEqualTo(home.resolve("b/woodpecker/v1"));
        assertThat(CacheDirectory.open(
                                new Environment(Map.of("HOME", home.resolve("c").toString())))
                        .directory())
                .isEqualTo(home.resolve("c/.cache/woodpecker/v1"));
    }

    @Test
    void onlyTheOwnerMayEnter() throws IOException {
        CacheDirectory cache = CacheDirectory.open(home);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache.directory())))
                .isEqualTo("rwx------");
    }

    @Test
    void aTruncatedAnAlteredAndAnAddedFileAreEachDetectedAndRemoved() throws IOException {
        CacheDirectory cache = CacheDirectory.open(home);
        List<Damage> damages = List.of(
                file -> Files.writeString(file, "hel"),
                file -> Files.writeString(file, "jello"),
                file -> Files.writeString(file, ""),
                Files::delete,
                file -> Files.writeString(file.resolveSibling("more"), "x"),
                file -> Files.delete(file.resolveSibling("SHA256SUMS")));
        for (Damage damage : damages) {
            Path file = publish(cache, "hello").file("text");
            damage.apply(file);
            assertThat(cache.find(Section.KERNELS, KEY)).isEmpty();
            assertThat(file.getParent()).doesNotExist();
            publish(cache, "hello");
            assertThat(cache.find(Section.KERNELS, KEY)).isPresent();
        }
        assertThat(leftBehind(cache)).isEmpty();
    }

    @Test
    void publishingReplacesADamagedEntryThatNobodyLookedAt() throws IOException {
        CacheDirectory cache = CacheDirectory.open(home);
        Files.writeString(publish(cache, "hello").file("text"), "damaged");
        publish(cache, "hello");
        assertThat(cache.find(Section.KERNELS, KEY)).isPresent();
    }

    @Test
    void aWriterThatFailsLeavesNothing() {
        CacheDirectory cache = CacheDirectory.open(home);
        assertThatThrownBy(() -> cache.publish(Section.KERNELS, KEY, directory -> {
                    Files.writeString(directory.resolve("text"), "half");
                    throw new IOException("disk full");
                }))
                .isInstanceOf(UncheckedIOException.class)
                .hasRootCauseMessage("disk full");
        assertThat(cache.find(Section.KERNELS, KEY)).isEmpty();
        assertThat(leftBehind(cache)).isEmpty();
    }

    @Test
    void whatAKilledProcessLeftIsRemovedADayLater() throws IOException {
        Path old = Files.createDirectories(CacheDirectory.open(home).directory().resolve(".staging/old"));
        Files.writeString(old.resolve("library.so"), "half");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
        Path recent = Files.createDirectories(old.resolveSibling("recent"));
        CacheDirectory.open(home);
        assertThat(old).doesNotExist();
        assertThat(recent).exists();
    }

    @Test
    void aRootThatCannotBeMadeIsReplacedByAPrivateDirectory() throws IOException {
        Path file = Files.writeString(home.resolve("file"), "not a directory");
        CacheDirectory cache = CacheDirectory.open(file);
        assertThat(cache.isPersistent()).isFalse();
        publish(cache, "hello");
        assertThat(cache.find(Section.KERNELS, KEY)).isPresent();
        assertThat(cache.directory().startsWith(home)).isFalse();
    }

    @Test
    void aRootOnAReadOnlyFileSystemServesWhatItHasAndNewEntriesGoElsewhere() throws IOException {
        CacheDirectory writable = CacheDirectory.open(home);
        publish(writable, "hello");
        // What a read-only mount does to the probe: the staging directory cannot be made.
        CacheRoot.deleteTree(writable.directory().resolve(".staging"));
        Files.writeString(writable.directory().resolve(".staging"), "in the way");

        CacheDirectory cache = CacheDirectory.open(home);
        assertThat(cache.isPersistent()).isFalse();
        assertThat(cache.find(Section.KERNELS, KEY))
                .hasValueSatisfying(
                        entry -> assertThat(entry.directory().startsWith(home)).isTrue());

        ContentKey another = ContentKey.of("another");
        cache.publish(Section.KERNELS, another, directory -> Files.writeString(directory.resolve("text"), "new"));
        assertThat(cache.find(Section.KERNELS, another)).isPresent();
        assertThat(writable.find(Section.KERNELS, another)).isEmpty();

        // A damaged entry there stays, is not used, and is made anew in the private directory.
        Files.writeString(writable.find(Section.KERNELS, KEY).orElseThrow().file("text"), "damaged");
        assertThat(cache.find(Section.KERNELS, KEY)).isEmpty();
        publish(cache, "hello");
        assertThat(cache.find(Section.KERNELS, KEY)).isPresent();
    }

    @Test
    void aRootThatOthersMayWriteToIsNotTrusted() throws IOException {
        CacheDirectory first = CacheDirectory.open(home);
        publish(first, "planted");
        Files.setPosixFilePermissions(first.directory(), PosixFilePermissions.fromString("rwxrwxrwx"));
        CacheDirectory cache = CacheDirectory.open(home);
        assertThat(cache.isPersistent()).isFalse();
        assertThat(cache.find(Section.KERNELS, KEY)).isEmpty();
    }

    @Test
    void severalProcessesMayPublishTheSameEntriesAtOnce() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(CachePublisher.start(home, 40));
        }
        for (Process process : processes) {
            String output =
                    new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(output).isZero();
        }
        CacheDirectory cache = CacheDirectory.open(home);
        for (int i = 0; i < 40; i++) {
            assertThat(cache.find(Section.KERNELS, CachePublisher.key(i))).isPresent();
        }
        assertThat(leftBehind(cache)).isEmpty();
    }

    @Test
    void aKilledProcessLeavesNoHalfWrittenEntry() throws Exception {
        Process process = CachePublisher.start(home, 100_000);
        Path kernels = home.resolve("v1/kernels");
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!Files.isDirectory(kernels) && System.nanoTime() < until) {
            Thread.sleep(5);
        }
        Thread.sleep(50);
        process.destroyForcibly().waitFor();
        CacheDirectory cache = CacheDirectory.open(home);
        int whole = 0;
        for (int i = 0; i < 100_000 && Files.isDirectory(CachePublisher.place(cache, i)); i++) {
            assertThat(cache.find(Section.KERNELS, CachePublisher.key(i)))
                    .as("entry " + i)
                    .isPresent();
            whole++;
        }
        assertThat(whole).isPositive();
    }

    private CacheEntry publish(CacheDirectory cache, String text) {
        return cache.publish(Section.KERNELS, KEY, directory -> Files.writeString(directory.resolve("text"), text));
    }

    private static List<Path> leftBehind(CacheDirectory cache) {
        try (Stream<Path> works = Files.list(cache.directory().resolve(".staging"))) {
            return works.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @FunctionalInterface
    private interface Damage {
        void apply(Path file) throws IOException;
    }
}

package dev.woodpecker.runtime;

import dev.woodpecker.runtime.toolchain.ContentKey;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which plan files' native code may be run: those of these digests, and those that were signed with these keys.
 *
 * @param digests SHA-256 in hexadecimal
 * @param keys Ed25519
 */
public record PlanTrust(Set<String> digests, List<PublicKey> keys) {
    /** Trusts nothing. */
    public static final PlanTrust NONE = new PlanTrust(Set.of(), List.of());

    public PlanTrust {
        digests = Set.copyOf(digests);
        keys = List.copyOf(keys);
    }

    PlanTrust and(String digest) {
        String hex = digest.strip().toLowerCase(Locale.ROOT);
        if (!ContentKey.isSha256(hex)) {
            throw new IllegalArgumentException(
                    "'" + digest + "' is no digest of a plan file: those are 64 hexadecimal digits");
        }
        Set<String> more = new TreeSet<>(digests);
        more.add(hex);
        return new PlanTrust(more, keys);
    }

    PlanTrust and(PublicKey key) {
        if (!key.getAlgorithm().equals("EdDSA") && !key.getAlgorithm().equals("Ed25519")) {
            throw new IllegalArgumentException("a key of " + key.getAlgorithm() + "; plan files are signed by Ed25519");
        }
        List<PublicKey> more = new ArrayList<>(keys);
        more.add(key);
        return new PlanTrust(digests, more);
    }
}

"""User agents as browsers and crawlers send them; the crawlers' as their owners' own pages give them."""

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
    "Mobile/15E148 Safari/604.1"
)
IPAD = (  # until iPadOS 13; from then on Safari says that it is a Mac
    "Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 "
    "Safari/604.1"
)
ANDROID = (  # Chrome on any phone, since the name of the phone is left out
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
)
ANDROID_TABLET = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 "
    "Safari/605.1.15"
)
NEXUS = (
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.7444.59 Mobile Safari/537.36"
)
EDGE_NEXUS = f"{NEXUS} Edg/142.0.3595.53"

GOOGLE = "compatible; Googlebot/2.1; +http://www.google.com/bot.html"
BING = "compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm"
GOOGLEBOT_PHONE = f"{NEXUS} ({GOOGLE})"
GOOGLEBOT_DESKTOP = f"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; {GOOGLE}) Chrome/142.0.7444.59 Safari/537.36"
BINGBOT_PHONE = f"{EDGE_NEXUS} ({BING})"
BINGBOT_DESKTOP = (
    f"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; {BING}) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
)
APPLEBOT_PHONE = f"{IPHONE} (Applebot/0.1; +http://www.apple.com/go/applebot)"
APPLEBOT_DESKTOP = f"{MAC} (Applebot/0.1; +http://www.apple.com/go/applebot)"
NAVERBOT_DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko; compatible; Yeti/1.1; "
    "+https://naver.me/spd) Chrome/122.0.0.0 Safari/537.36"
)
BING_PREVIEW_PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 7_0 like Mac OS X) AppleWebKit/537.51.1 (KHTML, like Gecko) Version/7.0 "
    "Mobile/11A465 Safari/9537.53 BingPreview/1.0b"
)

# (a visitor's browser, a crawler that calls itself such a browser)
PAIRS = {
    "Googlebot as a phone": (NEXUS, GOOGLEBOT_PHONE),
    "Googlebot as any phone": (ANDROID, f"{ANDROID} ({GOOGLE})"),
    "Googlebot as a computer": (WINDOWS, GOOGLEBOT_DESKTOP),
    "Googlebot as a tablet": (ANDROID_TABLET, f"{ANDROID_TABLET} ({GOOGLE})"),
    "bingbot as a phone": (EDGE_NEXUS, BINGBOT_PHONE),
    "bingbot as a computer": (WINDOWS, BINGBOT_DESKTOP),
    "Bing's preview as a phone": (IPHONE, BING_PREVIEW_PHONE),
    "Applebot as a phone": (IPHONE, APPLEBOT_PHONE),
    "Applebot as a computer": (MAC, APPLEBOT_DESKTOP),
    "Naver's as a computer": (WINDOWS, NAVERBOT_DESKTOP),
}

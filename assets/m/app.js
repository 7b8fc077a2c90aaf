// started by pages/phone.py
